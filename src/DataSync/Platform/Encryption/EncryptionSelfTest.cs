using System.Security.Cryptography;
using DataSync.Pipeline.Failures;
using Microsoft.Extensions.Configuration;

namespace DataSync.Platform.Encryption;

/// <summary>
/// Run before anything starts: the setting is sound, a canary goes through wrap, seal, open and unwrap and is refused in another's place,
/// and every data key in the database has its master key.
/// </summary>
internal sealed class EncryptionSelfTest(IConfiguration configuration, IKeyWrapper wrapper, MasterKeyRotation rotation)
{
    /// <summary>Everything wrong; empty where the start may go on.</summary>
    public async Task<IReadOnlyList<Fault>> RunAsync(CancellationToken ct)
    {
        var (_, faults) = MasterKeyParser.Parse(configuration[MasterKeyParser.Setting]);
        if (faults.Count > 0) return faults;
        if (!await CanaryPassesAsync(ct)) return [new Fault(MasterKeyParser.Setting, "errors.settings.encryption_self_test", ("setting", MasterKeyParser.Setting))];
        var uses = await rotation.UsesAsync(ct);
        return [.. uses.Where(u => !wrapper.Knows(u.Key)).OrderBy(u => u.Key, StringComparer.Ordinal).Select(u => new Fault(
            MasterKeyParser.Setting, "errors.settings.master_key_in_use", ("setting", MasterKeyParser.Setting), ("id", u.Key), ("count", u.Value)))];
    }

    private async Task<bool> CanaryPassesAsync(CancellationToken ct)
    {
        var (canary, context) = (RandomNumberGenerator.GetBytes(64), AssociatedData.Of("datasync:self-test"));
        var place = new SealedPlace("self-test", "self-test", "canary", "canary", 1);
        try
        {
            using var key = DataKey.Random(1);
            var wrapped = await wrapper.WrapAsync(key.Bytes, context, ct);
            var value = key.Seal(canary, place);
            using var unwrapped = await DataKey.CreateAsync(1, into => wrapper.UnwrapAsync(wrapper.WrappingKeyId, wrapped, context, into, ct));
            return value.AsSpan().IndexOf(canary) < 0
                && unwrapped.TryOpen(value, place, out var opened) && opened.AsSpan().SequenceEqual(canary)
                && !unwrapped.TryOpen(value, place with { TenantId = "another" }, out _);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
