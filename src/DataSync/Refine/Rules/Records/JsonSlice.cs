using DataSync.Refine.Rules.Logic;

namespace DataSync.Refine.Rules.Records;

/// <summary>A stretch of JSON text: one whole value, or a name with its quotes.</summary>
internal readonly record struct JsonSlice(byte[] Source, int Start, int Length)
{
    public ReadOnlySpan<byte> Bytes => Source.AsSpan(Start, Length);

    /// <summary>The value as JSON text: where it stands already, else newly written.</summary>
    public static JsonSlice Of(Evaluation evaluation, in Value value)
    {
        if (value.IsRaw) return new JsonSlice(value.RawSource, value.RawStart, value.RawLength);
        var start = evaluation.Scratch.Length;
        JsonOutput.Write(evaluation, evaluation.Scratch, value);
        return evaluation.Scratch.Since(start);
    }
}
