// Traces come from a file that one chooses, and go to the browser's downloads.
import { ask } from "./api.js";

export function openTrace(walk, say) {
  const input = document.createElement("input");
  input.type = "file";
  input.accept = ".json";
  input.addEventListener("change", () => input.files[0] && readTrace(input.files[0], walk, say));
  input.click();
}

export async function readTrace(file, walk, say) {
  try {
    walk.open(await ask("open", { name: file.name.slice(0, 200), text: await file.text() }));
    say("");
  } catch (error) {
    say(error.message);
  }
}

export async function saveTrace(walk, say) {
  try {
    const { name, text } = await ask("save", { way: walk.way });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  } catch (error) {
    say(error.message);
  }
}
