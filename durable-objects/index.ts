export { Directory } from "./directory/object.ts";
export { EventLog } from "./log/object.ts";
export { MetricWindow } from "./metric/object.ts";
