/** Chroma's capitalised functions that build rank expressions from numbers, JSON and each other: `Sum(Knn(…), 0.5)`. */
import { wrongType, wrongValue } from './check-input.js';
import {
  Literal,
  operands,
  operation,
  toRank,
  type RankExpression,
  type RankInput,
  type RankOperator,
} from './rank-expression.js';

/** A constant. `value`: finite. @throws VALUE_SEARCH_TYPE */
export function Val(value: number): RankExpression {
  if (!Number.isFinite(value)) throw wrongType('Val requires a numeric value', value);
  return new Literal({ $val: value });
}

/** @throws VALUE_SEARCH without operands · VALUE_SEARCH_TYPE */
export function Sum(...inputs: RankInput[]): RankExpression {
  return list('Sum', '$sum', inputs);
}

/** @throws VALUE_SEARCH_TYPE */
export function Sub(left: RankInput, right: RankInput): RankExpression {
  return operation('$sub', [toRank(left, 'Sub left'), toRank(right, 'Sub right')]);
}

/** @throws VALUE_SEARCH without operands · VALUE_SEARCH_TYPE */
export function Mul(...inputs: RankInput[]): RankExpression {
  return list('Mul', '$mul', inputs);
}

/** @throws VALUE_SEARCH_TYPE */
export function Div(left: RankInput, right: RankInput): RankExpression {
  return operation('$div', [toRank(left, 'Div left'), toRank(right, 'Div right')]);
}

/** @throws VALUE_SEARCH_TYPE */
export function Abs(input: RankInput): RankExpression {
  return toRank(input, 'Abs').abs();
}

/** @throws VALUE_SEARCH_TYPE */
export function Exp(input: RankInput): RankExpression {
  return toRank(input, 'Exp').exp();
}

/** Natural logarithm. @throws VALUE_SEARCH_TYPE */
export function Log(input: RankInput): RankExpression {
  return toRank(input, 'Log').log();
}

/** @throws VALUE_SEARCH without operands · VALUE_SEARCH_TYPE */
export function Max(...inputs: RankInput[]): RankExpression {
  return list('Max', '$max', inputs);
}

/** @throws VALUE_SEARCH without operands · VALUE_SEARCH_TYPE */
export function Min(...inputs: RankInput[]): RankExpression {
  return list('Min', '$min', inputs);
}

function list(name: string, operator: RankOperator, inputs: readonly RankInput[]): RankExpression {
  if (inputs.length === 0) throw wrongValue(`${name} requires at least one rank expression`);
  return operation(operator, operands(inputs, `${name} operand`));
}
