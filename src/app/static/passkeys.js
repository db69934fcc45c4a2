// Passkeys: kept for whoever is logged in by a button, and used by another one instead of e-mail and password.
const KNOWS_PASSKEYS = "PublicKeyCredential" in window && "parseCreationOptionsFromJSON" in PublicKeyCredential;
// Browsers make them for names only, never for the number of a machine.
const HAS_NAME = !/^[\d.]+$|^\[/.test(location.hostname);

async function makePasskey() {
  const { public_key: asked } = await call("POST", "/auth/passkeys/options");
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(asked);
  const made = await navigator.credentials.create({ publicKey });
  await call("POST", "/auth/passkeys", { passkey: made.toJSON() });
  say("You can log in with this passkey now.");
}

async function usePasskey() {
  const { public_key: asked } = await call("POST", "/auth/passkeys/login/options");
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(asked);
  const shown = await navigator.credentials.get({ publicKey });
  await enter(await call("POST", "/auth/passkeys/login", { passkey: shown.toJSON() }));
}

if (KNOWS_PASSKEYS && HAS_NAME) {
  $("make-passkey").append(button("Make a passkey", makePasskey));
  $("use-passkey").append(button("Log in with a passkey", usePasskey));
} else if (KNOWS_PASSKEYS && location.hostname === "127.0.0.1") {
  const link = document.createElement("a");
  link.href = location.href.replace("127.0.0.1", "localhost");
  link.textContent = "With a passkey, on localhost";
  $("use-passkey").append(link);
}
