export const DEFAULT_PORT = 8787;

/** Where `npm start` listens on this machine: what moves it (PORT) moves the commands that talk to it as well. */
export const localUrl = (port = process.env.PORT): string => `http://127.0.0.1:${port || DEFAULT_PORT}`;
