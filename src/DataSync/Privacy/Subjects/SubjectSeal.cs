using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Encryption;
using DataSync.Platform.Tenancy;
using DataSync.Privacy.Subjects.Erasure;

namespace DataSync.Privacy.Subjects;

/// <summary>Keeps a subject unreadable outside of this process: sealed while its request runs, and as a keyed hash for ever.</summary>
internal sealed class SubjectSeal(TenantKeyring keyring)
{
    private const string Purpose = "datasync/privacy/subject";

    /// <summary>
    /// A hash that nobody can make without the tenant's key, to be compared with a receipt's: the key's number and HMAC-SHA256 of the value. After a rotation of that key the same
    /// value has another.
    /// </summary>
    public async Task<string> HashAsync(TenantTransaction transaction, Subject subject, CancellationToken ct)
    {
        using var key = await keyring.SealingKeyAsync(transaction, ct);
        var hash = key.Authenticate(Purpose, Encoding.UTF8.GetBytes(subject.Value));
        return string.Create(CultureInfo.InvariantCulture, $"k{key.KeyId}:{Convert.ToHexStringLower(hash)}");
    }

    /// <summary>The subject, sealed for a request.</summary>
    public async Task<byte[]> SealAsync(TenantTransaction transaction, Guid request, ReadOnlyMemory<byte> subject, CancellationToken ct)
    {
        using var key = await keyring.SealingKeyAsync(transaction, ct);
        return key.Seal(subject.Span, PrivacyRequest.PlaceOf(transaction.Db.TenantId, request));
    }

    /// <summary>What was sealed; null where it does not open. The caller zeroes it.</summary>
    public Task<byte[]?> OpenAsync(TenantTransaction transaction, Guid request, byte[] sealedSubject, CancellationToken ct)
        => keyring.OpenAsync(transaction, sealedSubject, PrivacyRequest.PlaceOf(transaction.Db.TenantId, request), ct);

    /// <summary>The subject of a request.</summary>
    public async Task<Subject> ReadAsync(TenantTransaction transaction, Guid request, byte[] sealedSubject, CancellationToken ct)
    {
        var plain = await OpenAsync(transaction, request, sealedSubject, ct) ?? throw new SyncFailureException(new SyncFailure(FailureKind.Critical, "errors.encryption.unreadable"));
        var subject = Subject.Parse(plain);
        CryptographicOperations.ZeroMemory(plain);
        return subject;
    }
}
