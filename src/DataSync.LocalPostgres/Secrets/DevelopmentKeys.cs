using System.Security.Cryptography;

namespace DataSync.LocalPostgres.Secrets;

/// <summary>The key material of a development system: made once, kept 0600 in a folder. A key set in the environment comes first.</summary>
public sealed class DevelopmentKeys(string folder)
{
    private const int KeyBytes = 32;

    /// <summary><c>DATASYNC_MASTER_KEY</c>: what the tenants' data keys are wrapped with.</summary>
    public string MasterKey => Key("DATASYNC_MASTER_KEY", "master.key");

    /// <summary><c>DATASYNC_JWT_DEVELOPMENT_KEY</c>: what development tokens are signed with.</summary>
    public string TokenKey => Key("DATASYNC_JWT_DEVELOPMENT_KEY", "jwt-development.key");

    private string Key(string setting, string file)
        => Environment.GetEnvironmentVariable(setting) is { Length: > 0 } given
            ? given
            : SecretFile.ReadOrCreate(Path.Combine(SecretFile.Folder(folder), file), static () => Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes)));
}
