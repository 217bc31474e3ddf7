using System.Text.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Pipeline.Routing;

/// <summary>Compiles JsonLogic conditions as one set under common bounds. The room of the rules answers it.</summary>
internal delegate CompiledConditions CompileConditions(IReadOnlyList<ConditionSource> conditions);

/// <summary>A condition as it was given, and its pointer for faults.</summary>
internal readonly record struct ConditionSource(JsonElement Logic, string Path);

/// <summary>A compiled set; it may run only where there are no faults.</summary>
/// <param name="NewMatcher">Makes a matcher. Each serves one stream of records.</param>
/// <param name="Faults">Everything wrong with the conditions.</param>
internal sealed record CompiledConditions(Func<MatchFirst> NewMatcher, IReadOnlyList<Fault> Faults);

/// <summary>Finds the first condition that a record meets. Never throws for what a record holds.</summary>
internal delegate ConditionMatch MatchFirst(ReadOnlyMemory<byte> document);

/// <summary>The first condition met, or the first that could not be computed for the record.</summary>
/// <param name="Index">Its index; -1 where no condition was met.</param>
/// <param name="IsUndecided">It could not be computed, so none behind it was asked.</param>
internal readonly record struct ConditionMatch(int Index, bool IsUndecided)
{
    public static ConditionMatch None => new(-1, IsUndecided: false);
}
