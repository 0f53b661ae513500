"use strict";
// In a file of its own, because the content policy allows no script inside the page.
window.addEventListener("load", () => {
  const page = document.getElementById("api");
  window.SwaggerUIBundle({
    url: page.dataset.document,
    domNode: page,
    deepLinking: true,
    validatorUrl: null,
    // With the session's cookie; what changes something also needs the token that GET /api/v1/session shows.
    requestInterceptor: async (request) => {
      if (request.method && !["GET", "HEAD"].includes(request.method.toUpperCase())) {
        const answer = await fetch("/api/v1/session");
        if (answer.ok) {
          const session = await answer.json();
          if (session.csrf_token) request.headers["X-CSRF-Token"] = session.csrf_token;
        }
      }
      return request;
    },
  });
});
