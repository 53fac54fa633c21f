/** GitHub's evaluator, with `case` as the runner has it: what is not chosen is not evaluated, and so cannot go wrong. */
import { data, Evaluator, type Expr } from '@actions/expressions';
import type { FunctionCall } from '@actions/expressions/ast';

export class LazyEvaluator extends Evaluator {
  override visitFunctionCall(call: FunctionCall): data.ExpressionData {
    return call.functionName.lexeme.toLowerCase() === 'case' ? this.eval(this.#chosen(call.args)) : super.visitFunctionCall(call);
  }

  /** Conditions and what each of them stands for by turns, and last what holds where none does. That there are enough of them was checked when it was parsed. */
  #chosen(args: readonly Expr[]): Expr {
    for (let i = 0; i + 1 < args.length; i += 2) {
      const condition = this.eval(args[i]!);
      if (!(condition instanceof data.BooleanData)) throw new Error('a condition of case must be true or false');
      if (condition.value) return args[i + 1]!;
    }
    return args.at(-1)!;
  }
}
