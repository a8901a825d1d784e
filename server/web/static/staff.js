// Keeps the staff page current: fetches it again and puts in the new parts, but never under somebody's fingers.
"use strict";

const EVERY_MS = 10000;
const link = () => document.getElementById("link");

function busy() {
  const at = document.activeElement;
  return (at && at.closest("form") && at.matches("input, textarea, select")) ||
    [...document.querySelectorAll("textarea, article input, #decisions input[required]")].some((field) => field.value);
}

async function refresh() {
  if (document.hidden || busy()) return;
  try {
    const answer = await fetch(location.pathname, { credentials: "same-origin", cache: "no-store" });
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    const desk = next.getElementById("desk");
    if (!answer.ok || !desk) throw new Error("no desk");
    if (busy()) return;
    document.title = next.title;
    document.querySelector("header").replaceWith(next.querySelector("header"));
    document.getElementById("desk").replaceWith(desk);
    link().textContent = "live";
    link().className = "";
  } catch {
    link().textContent = "connection lost, trying again";
    link().className = "lost";
  }
}

setInterval(refresh, EVERY_MS);
document.addEventListener("visibilitychange", refresh);
