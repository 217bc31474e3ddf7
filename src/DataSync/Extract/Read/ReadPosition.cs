using System.Text;
using System.Text.Json;
using DataSync.Pipeline;

namespace DataSync.Extract.Read;

/// <summary>How far a read has come: what the next attempt goes on with.</summary>
internal sealed class ReadPosition
{
    private long _attemptBegan;
    private bool _moved;

    /// <summary>Sequence number of the next record.</summary>
    public long NextSeq { get; private set; }

    /// <summary>The last batch's token; empty before the first batch, or where the connector cannot resume.</summary>
    public ReadOnlyMemory<byte> ResumeToken { get; private set; }

    /// <summary>Number of the attempt under way, from 1.</summary>
    public int Attempt { get; private set; }

    /// <summary>False once records were handed out and there is no place to go on behind them.</summary>
    public bool CanGoOn => NextSeq == 0 || !ResumeToken.IsEmpty;

    /// <summary>True where the attempt under way handed out records, or came further without any.</summary>
    public bool HasProgressed => _moved || NextSeq > _attemptBegan;

    public static ReadPosition Of(Checkpoint checkpoint) => new()
    {
        NextSeq = checkpoint.NextSeq,
        ResumeToken = checkpoint.Resume is { ValueKind: not JsonValueKind.Null } token ? Encoding.UTF8.GetBytes(token.GetRawText()) : default,
    };

    public void Begin(int attempt) => (Attempt, _attemptBegan, _moved) = (attempt, NextSeq, false);

    /// <summary>The source is looked through up to a later place, and there was no record.</summary>
    public void Move(ReadOnlyMemory<byte> resumeToken) => (_moved, ResumeToken) = (true, resumeToken);

    public void Advance(long nextSeq, ReadOnlyMemory<byte> resumeToken) => (NextSeq, ResumeToken) = (nextSeq, resumeToken);
}
