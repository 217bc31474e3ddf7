using System.Buffers.Binary;

namespace DataSync.Extract.Connectors.SqlServer.Relay;

/// <summary>
/// A server's answer to a login, looked through before the driver sees it. A server may name another one there, and the driver would dial that by itself,
/// past the egress guard; so an answer that sends elsewhere ends the connection, and the name of a mirror is left out.
/// </summary>
internal static class LoginAnswer
{
    private const byte Error = 0xAA, Info = 0xAB, LoginAck = 0xAD, FeatureExtAck = 0xAE, EnvChange = 0xE3, SessionState = 0xE4, Done = 0xFD, DoneInProc = 0xFF;
    private const byte FeatureEnd = 0xFF, Mirror = 13, Routing = 20, EnhancedRouting = 21;

    /// <summary>The answer as the driver may have it.</summary>
    /// <param name="answer">The whole message.</param>
    /// <param name="redirects">True where the server sends elsewhere; then nothing of the answer may be handed on.</param>
    /// <exception cref="InvalidDataException">It holds what has no place in an answer to a login with a password.</exception>
    public static byte[] Check(ReadOnlySpan<byte> answer, out bool redirects)
    {
        var kept = new MemoryStream(answer.Length);
        var isAnswered = redirects = false;
        while (!answer.IsEmpty)
        {
            var token = answer[..Length(answer)];
            answer = answer[token.Length..];
            if (token[0] == EnvChange && token.Length < 4) throw Unfit();
            redirects |= token[0] == EnvChange && token[3] is Routing or EnhancedRouting;
            isAnswered |= token[0] is Error or LoginAck;
            if (token[0] != EnvChange || token[3] != Mirror) kept.Write(token);
        }

        return isAnswered ? kept.ToArray() : throw Unfit();
    }

    private static int Length(ReadOnlySpan<byte> at)
    {
        var length = at[0] switch
        {
            EnvChange or Info or Error or LoginAck => 3L + (at.Length < 3 ? 0 : BinaryPrimitives.ReadUInt16LittleEndian(at[1..])),
            SessionState => 5L + (at.Length < 5 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(at[1..])),
            FeatureExtAck => Features(at),
            >= Done and <= DoneInProc => 13,
            _ => throw Unfit(),
        };
        return length <= at.Length ? (int)length : throw Unfit();
    }

    private static long Features(ReadOnlySpan<byte> at)
    {
        long end = 1;
        while (end < at.Length && at[(int)end] != FeatureEnd)
        {
            if (end + 5 > at.Length) throw Unfit();
            end += 5L + BinaryPrimitives.ReadUInt32LittleEndian(at[((int)end + 1)..]);
        }

        return end + 1;
    }

    private static InvalidDataException Unfit() => new("No answer to a login.");
}
