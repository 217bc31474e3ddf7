namespace DataSync.Refine.Rules.Records;

/// <summary>
/// Where the rules of one record write values. Growing leaves the former array to whoever points into it, so a value
/// written here stays valid until the record is done.
/// </summary>
internal sealed class ScratchBuffer(int firstSize = ScratchBuffer.FirstSize)
{
    private const int FirstSize = 1024;
    private const int KeptSize = 1024 * 1024;

    public byte[] Bytes { get; private set; } = new byte[firstSize];

    public int Length { get; private set; }

    public void Reset()
    {
        Length = 0;
        if (Bytes.Length > KeptSize) Bytes = new byte[FirstSize];
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        Length += bytes.Length;
    }

    public void Write(byte value)
    {
        Reserve(1)[0] = value;
        Length++;
    }

    /// <summary>Room for bytes that the caller writes.</summary>
    public Span<byte> Append(int count)
    {
        var room = Reserve(count)[..count];
        Length += count;
        return room;
    }

    /// <summary>What was written from a point on.</summary>
    public JsonSlice Since(int start) => new(Bytes, start, Length - start);

    /// <summary>Drops what was written from a point on.</summary>
    public void Truncate(int length) => Length = length;

    private Span<byte> Reserve(int count)
    {
        var needed = (long)Length + count;
        if (needed > RuleLimits.WrittenBytes) throw new RuleFailureException(RuleFailure.TooLong);
        if (needed > Bytes.Length)
        {
            var larger = new byte[Math.Max(needed, Bytes.Length * 2L)];
            Bytes.AsSpan(0, Length).CopyTo(larger);
            Bytes = larger;
        }

        return Bytes.AsSpan(Length);
    }
}
