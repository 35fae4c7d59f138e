const shout = (text: string) => text.toUpperCase();

export { shout as loud };
