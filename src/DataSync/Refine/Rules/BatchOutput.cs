using DataSync.Pipeline;
using DataSync.Refine.Rules.Actions;
using DataSync.Refine.Rules.Records;

namespace DataSync.Refine.Rules;

/// <summary>Writes the refined documents and the metadata of a batch, beside what an earlier refiner left.</summary>
internal sealed class BatchOutput(RecordBatch batch) : IDisposable
{
    private RecordBuffer? _refined = new(expectedRecords: batch.Count);
    private RecordBuffer? _metadata;

    /// <summary>What a record became: nothing new where the rules left it as it was.</summary>
    public void Add(RuleRun run)
    {
        var index = _refined!.Count;
        if (!run.Record.TryWriteChanged(_refined, run.Evaluation.Scratch) && batch.Refined is { } earlier) WriteAll(_refined, earlier[index]);
        _refined.EndRecord();
        AddMetadata(run.Tags, index, run.Evaluation.Scratch);
    }

    /// <summary>A rejected record: its original goes to quarantine.</summary>
    public void AddUnrefined()
    {
        var index = _refined!.Count;
        if (batch.Refined is { } earlier) WriteAll(_refined, earlier[index]);
        _refined.EndRecord();
        AddMetadata([], index, scratch: null);
    }

    /// <summary>Hands the buffers to the batch, which disposes them.</summary>
    public void End()
    {
        batch.Refined?.Dispose();
        batch.Refined = _refined;
        if (_metadata is not null)
        {
            batch.Metadata?.Dispose();
            batch.Metadata = _metadata;
        }

        (_refined, _metadata) = (null, null);
    }

    /// <summary>Gives back what was not handed over because the work was cancelled.</summary>
    public void Dispose()
    {
        _refined?.Dispose();
        _metadata?.Dispose();
    }

    private void AddMetadata(List<string> tags, int index, ScratchBuffer? scratch)
    {
        if (_metadata is null)
        {
            if (tags.Count == 0) return;
            _metadata = new RecordBuffer(expectedRecords: batch.Count);
            for (var i = 0; i < index; i++) _metadata.Add(Earlier(i));
        }

        var earlier = Earlier(index);
        if (tags.Count == 0)
        {
            _metadata.Add(earlier);
            return;
        }

        WriteTags(tags, earlier, scratch!);
        _metadata.EndRecord();
    }

    private ReadOnlySpan<byte> Earlier(int index) => batch.Metadata is { } metadata ? metadata[index] : default;

    private void WriteTags(List<string> tags, ReadOnlySpan<byte> earlier, ScratchBuffer scratch)
    {
        var start = scratch.Length;
        if (earlier.Length > 2) scratch.Write(earlier[..^1]);
        scratch.Write(earlier.Length > 2 ? ",\"tags\":["u8 : "{\"tags\":["u8);
        for (var i = 0; i < tags.Count; i++)
        {
            if (i > 0) scratch.Write((byte)',');
            JsonOutput.WriteText(scratch, tags[i]);
        }

        scratch.Write("]}"u8);
        WriteAll(_metadata!, scratch.Since(start).Bytes);
        scratch.Truncate(start);
    }

    private static void WriteAll(RecordBuffer buffer, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(buffer.GetSpan(bytes.Length));
        buffer.Advance(bytes.Length);
    }
}
