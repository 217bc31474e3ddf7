using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DataSync.LocalPostgres.Secrets;
using Npgsql;

namespace DataSync.LocalPostgres.Roles;

/// <summary>The roles' random passwords, kept by server: another server given later gets its own.</summary>
sealed record RolePasswords(string Owner, string App, string System)
{
    public static RolePasswords ReadOrCreate(string folder, string adminConnection)
    {
        var path = Path.Combine(folder, $"roles-{ServerKey(adminConnection)}.json");
        var text = SecretFile.ReadOrCreate(path, static () =>
            JsonSerializer.Serialize(new RolePasswords(SecretFile.NewPassword(), SecretFile.NewPassword(), SecretFile.NewPassword())));
        return JsonSerializer.Deserialize<RolePasswords>(text) ?? throw new PostgresUnavailableException($"{path} holds no passwords: remove it.");
    }

    // Without the port: a private cluster gets a free one at each start, and there is one server a folder.
    static string ServerKey(string adminConnection)
    {
        var server = new NpgsqlConnectionStringBuilder(adminConnection);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(server.Host ?? "")))[..8];
    }
}
