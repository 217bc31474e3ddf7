using System.Globalization;

namespace DataSync.Platform.Encryption;

/// <summary>Where a sealed value belongs. It opens nowhere else: not for another tenant, owner or field, nor in another version of its owner.</summary>
/// <param name="TenantId">Whose it is.</param>
/// <param name="Kind">What kind of thing holds it, such as <c>source</c>.</param>
/// <param name="OwnerId">Which one.</param>
/// <param name="Field">Which member of it.</param>
/// <param name="Version">The owner's version: a value from an older one cannot be put back.</param>
/// <param name="Binding">A digest of what the value is used with, so that a password cannot be sent to another host by changing the row; empty if nothing.</param>
internal sealed record SealedPlace(string TenantId, string Kind, string OwnerId, string Field, int Version, string Binding = "")
{
    public byte[] AssociatedData(int keyId) => Encryption.AssociatedData.Of(
        "datasync:sealed:v1", TenantId, Kind, OwnerId, Field, Text(Version), Binding, Text(keyId));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
