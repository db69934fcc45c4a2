// Rules of the web client that need no page, each part's in one process. The argument is the address of src/web.
// Ends with status 0 when they hold.
import "./learning_rules.mjs";
import "./game_rules.mjs";
import "./app_rules.mjs";
import "./operator_rules.mjs";
