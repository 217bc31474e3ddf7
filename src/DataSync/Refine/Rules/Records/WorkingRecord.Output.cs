using System.Buffers;
using DataSync.Pipeline.Documents;

namespace DataSync.Refine.Rules.Records;

/// <summary>Writing the record: members that stand side by side as in the original are copied in one piece.</summary>
internal sealed partial class WorkingRecord
{
    /// <summary>Writes the record as it stands into a value.</summary>
    public void WriteTo(ScratchBuffer output)
    {
        if (!_isChanged)
        {
            output.Write(_document.AsSpan(_start, _length));
            return;
        }

        output.Write((byte)'{');
        for (var i = 0; i < _count;)
        {
            if (i > 0) output.Write((byte)',');
            if (TryStretch(ref i, out var start, out var length))
            {
                output.Write(_document.AsSpan(start, length));
                continue;
            }

            output.Write(_members[i].Name(_document));
            output.Write((byte)':');
            output.Write(_members[i++].Value(_document));
        }

        output.Write((byte)'}');
    }

    /// <summary>Writes the record if it is no longer the original. False, and nothing written, where it is.</summary>
    public bool TryWriteChanged(IBufferWriter<byte> output, ScratchBuffer scratch)
    {
        if (!_isChanged) return false;
        var before = scratch.Length;
        WriteTo(scratch);
        var written = scratch.Bytes.AsSpan(before, scratch.Length - before);
        var differs = !written.SequenceEqual(_document.AsSpan(_start, _length));
        if (differs) output.Write(written);
        scratch.Truncate(before);
        return differs;
    }

    /// <summary>Writes what the record was changed by. Only for one that was written by <see cref="TryWriteChanged"/>.</summary>
    /// <returns>The bytes it took.</returns>
    public int WriteChanges(IBufferWriter<byte> output)
    {
        var changes = new ChangesWriter(output);
        for (var i = 0; i < _count;)
        {
            if (TryStretch(ref i, out var start, out var length))
            {
                changes.Keep(start - _given, length);
                continue;
            }

            changes.Put(_members[i].Name(_document), _members[i].Value(_document));
            i++;
        }

        changes.End();
        return changes.Length;
    }

    /// <summary>A run of untouched members, and the place after it. False, and the place as it was, where the member at it was touched.</summary>
    private bool TryStretch(ref int i, out int start, out int length)
    {
        (start, length) = (0, 0);
        ref readonly var first = ref _members[i];
        if (first.Origin < 0) return false;
        for (i++; i < _count && _members[i].Origin == _members[i - 1].Origin + 1; i++) { }
        (start, length) = first.Through(_members[i - 1]);
        return true;
    }
}
