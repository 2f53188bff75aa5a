/** The types of Chroma's two filter arguments. What they mean, and their checks, live with the store. */
import type { MetadataScalar } from '../base/types.js';

/** Chroma types every operand as any scalar, and so must we; that `$gt`, `$gte`, `$lt` and `$lte` need a number is checked when they run. */
type Comparison =
  | { $eq: MetadataScalar }
  | { $ne: MetadataScalar }
  | { $gt: MetadataScalar }
  | { $gte: MetadataScalar }
  | { $lt: MetadataScalar }
  | { $lte: MetadataScalar }
  | { $in: MetadataScalar[] }
  | { $nin: MetadataScalar[] }
  | { $contains: MetadataScalar }
  | { $not_contains: MetadataScalar }
  | { $regex: string }
  | { $not_regex: string };

/** A condition on metadata: one field, or `$and` / `$or` over at least two conditions. */
export type Where = { [field: string]: MetadataScalar | Comparison } | { $and: Where[] } | { $or: Where[] };

/** A condition on the document's text. */
export type WhereDocument =
  | { $contains: string }
  | { $not_contains: string }
  | { $regex: string }
  | { $not_regex: string }
  | { $and: WhereDocument[] }
  | { $or: WhereDocument[] };
