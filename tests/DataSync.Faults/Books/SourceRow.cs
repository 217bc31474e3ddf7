using System.Security.Cryptography;
using System.Text;

namespace DataSync.Faults.Books;

/// <summary>What the ledger keeps of a row of the source: enough to know it again, in whatever came out.</summary>
internal readonly record struct SourceRow(long Key, int Version, string Hash)
{
    public static SourceRow Of(long key, int version, string payload) => new(key, version, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(payload))));
}
