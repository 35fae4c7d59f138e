export default function tidy(text: string) {
  return text.trim();
}
