using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using DataSync.Refine.Ai.Schema;

namespace DataSync.Refine.Ai.Answers;

/// <summary>What an answer depends on, as 32 bytes: tenant, model, words and schema of the prompt, and the record as the model gets it. Each part with its length, so no two lists of parts give the same bytes.</summary>
internal static class AnswerKey
{
    /// <summary>The key of the answer to a record.</summary>
    /// <param name="tenantId">Whose record.</param>
    /// <param name="plan">What the tenant asks of which model.</param>
    /// <param name="prompt">How it is asked.</param>
    /// <param name="record">The record as the model gets it.</param>
    public static byte[] Of(string tenantId, AiPlan plan, AiPrompt prompt, string record) => Of(tenantId, plan.Model, prompt.Version, prompt.SchemaText, record);

    /// <summary>Where the last answer is kept that was not valid: beside the place of the one that is.</summary>
    public static byte[] OfInvalid(byte[] key) => SHA256.HashData([.. key, .. "invalid"u8]);

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
