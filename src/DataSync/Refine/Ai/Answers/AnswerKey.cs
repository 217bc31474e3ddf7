using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace DataSync.Refine.Ai.Answers;

/// <summary>What an answer depends on, as 32 bytes: tenant, model, words and schema of the prompt, and the record as the model gets it. Each part with its length, so no two lists of parts give the same bytes.</summary>
internal static class AnswerKey
{
    public static byte[] Of(string tenantId, string model, string promptVersion, string schema, string record)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (var part in (ReadOnlySpan<string>)[tenantId, model, promptVersion, schema, record])
        {
            var bytes = Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }

        return hash.GetHashAndReset();
    }
}
