"use strict";
const send = (method, path, body) => fetch(path, {
  method, credentials: "same-origin",
  headers: body ? {"content-type": "application/json"} : {},
  body: body ? JSON.stringify(body) : undefined,
});
const say = (text) => { document.getElementById("notice").textContent = text; };
const problem = async (answer) => say((await answer.json()).detail);
const fields = (form) => Object.fromEntries(new FormData(form));
document.getElementById("sign-in")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await send("POST", "/session", fields(event.target));
  if (!answer.ok) return problem(answer);
  location.assign(["/", "/login"].includes(location.pathname) ? "/dashboard" : location.pathname);
});
document.getElementById("sign-out")?.addEventListener("click", async () => {
  await send("DELETE", "/session");
  location.assign("/login");
});
document.getElementById("ask")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await send("POST", "/assistant/questions", fields(event.target));
  if (!answer.ok) return problem(answer);
  const said = await answer.json();
  say(said.answer + (said.citations.length ? " [" + said.citations.join(", ") + "]" : ""));
});
