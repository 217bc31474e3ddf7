using DataSync.LocalPostgres.Secrets;
using Npgsql;

namespace DataSync.Dev.Demo;

/// <summary>The customer's side of the demo: a database of its own with a login that can only read.</summary>
sealed record SourceDatabase(NpgsqlConnectionStringBuilder Reader, string Table)
{
    const string Name = "datasync_demo_source";
    const string Login = "datasync_demo_reader";

    /// <summary>Makes the database anew and loads the sample into it.</summary>
    public static async Task<SourceDatabase> CreateAsync(string adminConnection, SampleSource sample, CancellationToken ct)
    {
        var password = SecretFile.NewPassword();
        await using (var admin = NpgsqlDataSource.Create(adminConnection))
        {
            await ExecuteAsync(admin, $"DROP DATABASE IF EXISTS {Name} WITH (FORCE)", ct);
            await ExecuteAsync(admin, $"CREATE DATABASE {Name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'", ct);
            await ExecuteAsync(admin, $"REVOKE ALL ON DATABASE {Name} FROM PUBLIC", ct);
            await ExecuteAsync(admin, $"DROP ROLE IF EXISTS {Login}", ct);
            await ExecuteAsync(admin, $"CREATE ROLE {Login} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '{password}'", ct);
            await ExecuteAsync(admin, $"ALTER ROLE {Login} SET default_transaction_read_only = on", ct);
            await ExecuteAsync(admin, $"GRANT CONNECT ON DATABASE {Name} TO {Login}", ct);
        }
        var superuser = new NpgsqlConnectionStringBuilder(adminConnection) { Database = Name };
        var table = await sample.LoadAsync(superuser.ConnectionString, ct);
        await using (var inside = NpgsqlDataSource.Create(superuser.ConnectionString)) await ExecuteAsync(inside, $"GRANT SELECT ON {table} TO {Login}", ct);
        return new SourceDatabase(new NpgsqlConnectionStringBuilder(adminConnection) { Database = Name, Username = Login, Password = password }, table);
    }

    /// <summary>Every record as PostgreSQL itself writes it in JSON: what the export is compared with.</summary>
    public async IAsyncEnumerable<string> RecordsAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        await using var source = NpgsqlDataSource.Create(Reader.ConnectionString);
        await using var command = source.CreateCommand($"SELECT row_to_json(record)::text FROM {Table} AS record");
        await using var rows = await command.ExecuteReaderAsync(ct);
        while (await rows.ReadAsync(ct)) yield return rows.GetString(0);
    }

    static async Task ExecuteAsync(NpgsqlDataSource source, string sql, CancellationToken ct)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(ct);
    }
}
