SwaggerUIBundle({ url: "/schema/openapi.json", dom_id: "#ui", deepLinking: true, persistAuthorization: true });
