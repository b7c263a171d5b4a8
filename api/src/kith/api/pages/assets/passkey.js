"use strict";
// Asks the browser for a passkey, or to make one, and puts its answer into the form.
const form = document.getElementById("passkey-form");
const show = (id) => { document.getElementById(id).hidden = false; };
const able = window.PublicKeyCredential && PublicKeyCredential.parseRequestOptionsFromJSON
  && PublicKeyCredential.prototype.toJSON;

async function ask() {
  const options = JSON.parse(form.dataset.options);
  const credential = form.dataset.act === "create"
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
    : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  form.elements.credential.value = JSON.stringify(credential.toJSON());
  form.submit();
}

if (!able) {
  show("passkey-unable");
}
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (able) {
    document.getElementById("passkey-fault").hidden = true;
    ask().catch(() => show("passkey-fault"));
  }
});
