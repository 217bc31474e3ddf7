using System.Buffers;

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
            output.Write(Stretch(ref i, out var value));
            if (value.IsEmpty) continue;
            output.Write((byte)':');
            output.Write(value);
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

    /// <summary>The next piece: a run of untouched members, or one member's name with its value apart.</summary>
    private ReadOnlySpan<byte> Stretch(ref int i, out ReadOnlySpan<byte> value)
    {
        ref readonly var first = ref _members[i++];
        value = default;
        if (first.Origin < 0)
        {
            value = first.Value(_document);
            return first.Name(_document);
        }

        while (i < _count && _members[i].Origin == _members[i - 1].Origin + 1) i++;
        return first.Through(_members[i - 1], _document);
    }
}
