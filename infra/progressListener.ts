/** Takes lines for a person about something long: what is done, how long it takes. */
export type ProgressListener = (line: string) => void;
