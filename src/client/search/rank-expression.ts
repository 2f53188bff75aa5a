/** How a search scores records, as an expression tree with one JSON. How it is evaluated is decided by the store; lower is better. */
import { isPlainObject, wrongType } from './check-input.js';

/** The JSON of an expression, taken as it is. */
export type RankLiteral = Record<string, unknown>;
export type RankInput = RankExpression | RankLiteral | number | null | undefined;

type ListOperator = '$sum' | '$mul' | '$max' | '$min';
type PairOperator = '$sub' | '$div';
type SingleOperator = '$abs' | '$exp' | '$log';
export type RankOperator = ListOperator | PairOperator | SingleOperator;

/** An expression; immutable. Every method gives a new one; sums, products, maxima and minima of the same kind become one flat list. */
export abstract class RankExpression {
  abstract toJSON(): Record<string, unknown>;

  /** @throws VALUE_SEARCH_TYPE when an operand is no expression, number or plain object; so do all methods with operands */
  add(...others: RankInput[]): RankExpression {
    return operation('$sum', [this, ...operands(others, 'add operand')]);
  }

  subtract(other: RankInput): RankExpression {
    return operation('$sub', [this, toRank(other, 'subtract operand')]);
  }

  multiply(...others: RankInput[]): RankExpression {
    return operation('$mul', [this, ...operands(others, 'multiply operand')]);
  }

  divide(other: RankInput): RankExpression {
    return operation('$div', [this, toRank(other, 'divide operand')]);
  }

  negate(): RankExpression {
    return this.multiply(-1);
  }

  abs(): RankExpression {
    return operation('$abs', [this]);
  }

  exp(): RankExpression {
    return operation('$exp', [this]);
  }

  /** Natural logarithm. */
  log(): RankExpression {
    return operation('$log', [this]);
  }

  max(...others: RankInput[]): RankExpression {
    return operation('$max', [this, ...operands(others, 'max operand')]);
  }

  min(...others: RankInput[]): RankExpression {
    return operation('$min', [this, ...operands(others, 'min operand')]);
  }

  /** A number is a constant, a plain object the JSON of an expression. Undefined for null and undefined. @throws VALUE_SEARCH_TYPE */
  static from(input: RankInput): RankExpression | undefined {
    if (input instanceof RankExpression) return input;
    if (input === null || input === undefined) return undefined;
    if (typeof input === 'number') return new Literal({ $val: input });
    if (isPlainObject(input)) return new Literal(copyJSON(input));
    throw wrongType('Rank input must be a RankExpression, number, or plain object', input);
  }
}

/** An expression whose JSON is known from the start. It hands out copies; its maker must not change `json` any more. */
export class Literal extends RankExpression {
  readonly #json: RankLiteral;

  constructor(json: RankLiteral) {
    super();
    this.#json = json;
  }

  override toJSON(): Record<string, unknown> {
    return copyTree(this.#json) as Record<string, unknown>;
  }
}

class Operation extends RankExpression {
  readonly operator: RankOperator;
  readonly operands: readonly RankExpression[];

  constructor(operator: RankOperator, operands: readonly RankExpression[]) {
    super();
    this.operator = operator;
    this.operands = operands;
  }

  override toJSON(): Record<string, unknown> {
    return { [this.operator]: arrange(this.operator, this.operands) };
  }
}

/** `operands`: as many as the operator takes. A list operator over one operand is that operand. */
export function operation(operator: RankOperator, operands: readonly RankExpression[]): RankExpression {
  if (!isListOperator(operator)) return new Operation(operator, operands);
  const [first] = operands;
  if (first && operands.length === 1) return first;
  const flat = operands.flatMap((operand) =>
    operand instanceof Operation && operand.operator === operator ? operand.operands : [operand],
  );
  return new Operation(operator, flat);
}

/** `what` names the operand in the message. @throws VALUE_SEARCH_TYPE also for null and undefined */
export function toRank(input: RankInput, what: string): RankExpression {
  const expression = RankExpression.from(input);
  if (!expression) throw wrongType(`${what} must be a rank expression`, input);
  return expression;
}

export function operands(inputs: readonly RankInput[], what: string): RankExpression[] {
  return inputs.map((input, index) => toRank(input, `${what} ${index}`));
}

function isListOperator(operator: RankOperator): operator is ListOperator {
  return operator === '$sum' || operator === '$mul' || operator === '$max' || operator === '$min';
}

function arrange(operator: RankOperator, operands: readonly RankExpression[]): unknown {
  const parts = operands.map((operand) => operand.toJSON());
  if (isListOperator(operator)) return parts;
  return operator === '$sub' || operator === '$div' ? { left: parts[0], right: parts[1] } : parts[0];
}

function copyJSON(input: RankLiteral): RankLiteral {
  try {
    return JSON.parse(JSON.stringify(input)) as RankLiteral;
  } catch (cause) {
    throw wrongType('Rank input must be JSON', input, cause);
  }
}

/** Not `structuredClone`: a query array is taken unread and may hold what that refuses. */
function copyTree(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyTree);
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, copyTree(part)]));
}
