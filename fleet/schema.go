package fleet

// Schema is the version of the JSON that botring writes, which docs/schema describes: what commands print with --json,
// exports, and summaries. Within a version fields are added at most, and none is removed, renamed or given another
// meaning.
const Schema = 1
