/** In the place of a model, which is asked over HTTP: it says the same every time. */
export async function* answer(model: string, tone: string, prompt: string) {
  for (const word of [`${model}:`, tone, ...prompt.split(" "), "indeed"]) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    yield word;
  }
}
