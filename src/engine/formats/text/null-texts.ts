/** The spellings of a missing value in the wild. `NaN` is not among them: in a float column it is a number's state. */
export const NULL_TEXTS = [
  ...['', 'NA', 'N/A', 'n/a', '#N/A', '#N/A N/A', '#NA', '<NA>', '\\N'],
  ...['NULL', 'Null', 'null', '(null)', 'nil', 'None', 'none'],
];
