/** systemd unit files as fleet takes them: a list of options (systemd.syntax(7)). */

export interface UnitOption {
  readonly section: string;
  readonly name: string;
  readonly value: string;
}

/** An option and where it stands. Lines count from 1. */
export interface PlacedUnitOption extends UnitOption {
  readonly line: number;
}

export interface UnitProblem {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

export interface ParsedUnit {
  readonly options: readonly PlacedUnitOption[];
  /** Section headers in order, with their lines. */
  readonly sections: readonly { readonly name: string; readonly line: number }[];
  /** Lines that are no section, option or comment. */
  readonly problems: readonly UnitProblem[];
}

/** Parses a unit's text; all problems at once. `file` is for messages. */
export declare function parseUnit(text: string, file: string): ParsedUnit;
/** The text of a unit with these options, a section where one starts. `parseUnit` gives the same options again. */
export declare function serialiseUnit(options: readonly UnitOption[]): string;
