using System.Buffers;
using DataSync.Pipeline;
using DataSync.Refine.Rules.Actions;
using DataSync.Refine.Rules.Records;

namespace DataSync.Refine.Rules;

/// <summary>Writes the refined documents and the metadata of a batch, beside what an earlier refiner left.</summary>
internal sealed class BatchOutput(RecordBatch batch) : IDisposable
{
    private RecordBuffer? _refined = new(expectedRecords: batch.Count);
    private RecordBuffer? _changes;
    private RecordBuffer? _metadata;

    /// <summary>What a record became: nothing new where the rules left it as it was.</summary>
    public void Add(RuleRun run)
    {
        var index = _refined!.Count;
        var earlier = batch.Refined is { } refined ? refined[index] : default;
        var isChanged = run.Record.TryWriteChanged(_refined, run.Evaluation.Scratch);
        if (!isChanged) _refined.Write(earlier);
        _refined.EndRecord();
        if (isChanged && earlier.IsEmpty) AddChanges(run, index);
        AddMetadata(run.Tags, index, run.Evaluation.Scratch);
    }

    /// <summary>A rejected record: its original goes to quarantine.</summary>
    public void AddUnrefined()
    {
        var index = _refined!.Count;
        if (batch.Refined is { } earlier) _refined.Write(earlier[index]);
        _refined.EndRecord();
        AddMetadata([], index, scratch: null);
    }

    /// <summary>Hands the buffers to the batch, which disposes them.</summary>
    public void End()
    {
        batch.Refined?.Dispose();
        batch.Refined = _refined;
        while (_changes?.Count < batch.Count) _changes.EndRecord();
        batch.Changes?.Dispose();
        batch.Changes = _changes;
        if (_metadata is not null)
        {
            batch.Metadata?.Dispose();
            batch.Metadata = _metadata;
        }

        (_refined, _changes, _metadata) = (null, null, null);
    }

    /// <summary>Gives back what was not handed over because the work was cancelled.</summary>
    public void Dispose()
    {
        _refined?.Dispose();
        _changes?.Dispose();
        _metadata?.Dispose();
    }

    /// <summary>Says how the record was changed where that is short. Of the original alone: what another refiner left is stored nowhere by itself.</summary>
    private void AddChanges(RuleRun run, int index)
    {
        _changes ??= new RecordBuffer(expectedRecords: batch.Count);
        while (_changes.Count < index) _changes.EndRecord();
        if (run.Record.WriteChanges(_changes) > _refined![index].Length / 2) _changes.AbandonRecord();
        _changes.EndRecord();
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
        _metadata!.Write(scratch.Since(start).Bytes);
        scratch.Truncate(start);
    }
}
