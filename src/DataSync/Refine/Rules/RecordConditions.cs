using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Routing;
using DataSync.Refine.Rules.Logic;

namespace DataSync.Refine.Rules;

/// <summary>Conditions alone, for whoever chooses by records instead of changing them. See <see cref="CompileConditions"/>.</summary>
internal static class RecordConditions
{
    public static CompiledConditions Compile(IReadOnlyList<ConditionSource> conditions)
    {
        List<Fault> faults = [];
        var compiler = new LogicCompiler(faults);
        List<LogicNode> nodes = [];
        foreach (var (logic, path) in conditions)
        {
            try
            {
                nodes.Add(compiler.Compile(logic, path));
            }
            catch (InvalidOperationException)
            {
                // an escape that is half of a character shows only when the text is asked for
                faults.Add(new Fault(path, "faults.rules.broken_text"));
            }
        }

        return new CompiledConditions(() => new Matcher([.. nodes]).Match, faults);
    }

    /// <summary>Holds the working state of one record.</summary>
    private sealed class Matcher(LogicNode[] conditions)
    {
        private readonly Evaluation _evaluation = new();

        public ConditionMatch Match(ReadOnlyMemory<byte> document)
        {
            var index = 0;
            try
            {
                _evaluation.Scratch.Reset();
                _evaluation.Record.Load(document);
                for (; index < conditions.Length; index++)
                {
                    _evaluation.BeginRule();
                    if (conditions[index].Test(_evaluation, _evaluation.Record.Root)) return new ConditionMatch(index, IsUndecided: false);
                }

                return ConditionMatch.None;
            }
#pragma warning disable CA1031 // whatever one record does to one expression must not end the job; the record counts as undecided
            catch (Exception)
#pragma warning restore CA1031
            {
                return conditions.Length == 0 ? ConditionMatch.None : new ConditionMatch(index, IsUndecided: true);
            }
        }
    }
}
