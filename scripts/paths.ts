import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));
export const WEB_DIR = `${ROOT}dist/web`;
export const WORKER_FILE = `${ROOT}dist/worker/index.js`;
