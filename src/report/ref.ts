/** The events a figure came from, by their numbers in the journal, both ends included. */
export type Ref = {readonly fromSeq: number; readonly toSeq: number};

export const refOf = (fromSeq: number, toSeq: number = fromSeq): Ref => ({fromSeq, toSeq});

/** `[#17]`, `[#17–#912]`. */
export const refText = ({fromSeq, toSeq}: Ref): string => (fromSeq === toSeq ? `[#${fromSeq}]` : `[#${fromSeq}–#${toSeq}]`);

/** When and where in the journal something stands. `atMs` is the wall clock, `tMs` session time. */
export type Stamp = {readonly seq: number; readonly atMs: number; readonly tMs: number};
