// Questions to the server, by name; each answer is an object, each error a text for people.

export async function ask(name, body = {}) {
  let response;
  try {
    response = await fetch(`api/${name}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Error("The server does not answer: `quorate explore` has ended. Start it again, "
      + "and add what follows # in this address to the new one.");
  }
  const text = await response.text();
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new Error(text);
  }
  if (answer.error) throw new Error(answer.error);
  return answer;
}

// The same, where an error is said and nothing else follows from it.
export const askOrSay = (name, body, then, say) => ask(name, body).then(then, (error) => say(error.message));
