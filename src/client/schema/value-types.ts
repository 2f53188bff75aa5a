/** The indexes of one field, grouped by the type of value they serve. Null means: nothing said here, the defaults hold. */
import type {
  BoolInvertedIndexType,
  FloatInvertedIndexType,
  FtsIndexType,
  IntInvertedIndexType,
  SparseVectorIndexType,
  StringInvertedIndexType,
  VectorIndexType,
} from './index-type.js';

export class StringValueType {
  ftsIndex: FtsIndexType | null;
  stringInvertedIndex: StringInvertedIndexType | null;

  constructor(
    ftsIndex: FtsIndexType | null = null,
    stringInvertedIndex: StringInvertedIndexType | null = null,
  ) {
    this.ftsIndex = ftsIndex;
    this.stringInvertedIndex = stringInvertedIndex;
  }
}

export class FloatListValueType {
  vectorIndex: VectorIndexType | null;

  constructor(vectorIndex: VectorIndexType | null = null) {
    this.vectorIndex = vectorIndex;
  }
}

export class SparseVectorValueType {
  sparseVectorIndex: SparseVectorIndexType | null;

  constructor(sparseVectorIndex: SparseVectorIndexType | null = null) {
    this.sparseVectorIndex = sparseVectorIndex;
  }
}

export class IntValueType {
  intInvertedIndex: IntInvertedIndexType | null;

  constructor(intInvertedIndex: IntInvertedIndexType | null = null) {
    this.intInvertedIndex = intInvertedIndex;
  }
}

export class FloatValueType {
  floatInvertedIndex: FloatInvertedIndexType | null;

  constructor(floatInvertedIndex: FloatInvertedIndexType | null = null) {
    this.floatInvertedIndex = floatInvertedIndex;
  }
}

export class BoolValueType {
  boolInvertedIndex: BoolInvertedIndexType | null;

  constructor(boolInvertedIndex: BoolInvertedIndexType | null = null) {
    this.boolInvertedIndex = boolInvertedIndex;
  }
}

export class ValueTypes {
  string: StringValueType | null = null;
  floatList: FloatListValueType | null = null;
  sparseVector: SparseVectorValueType | null = null;
  intValue: IntValueType | null = null;
  floatValue: FloatValueType | null = null;
  boolean: BoolValueType | null = null;
}
