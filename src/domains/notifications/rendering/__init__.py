"""Messages in somebody's language. The only importer of jinja2 and babel. Pure: params in, words out."""
