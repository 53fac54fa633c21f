/** The same for both: short ones, so that what is measured is the way there. */
export const COMMANDS: readonly (readonly string[])[] = Array.from({ length: 20 }, (_, i) => ['sh', '-c', `echo command ${i + 1} && uname -r && id -un`]);
