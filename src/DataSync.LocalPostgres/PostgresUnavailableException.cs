namespace DataSync.LocalPostgres;

/// <summary>No PostgreSQL could be found or started. The message is one line that says what to do.</summary>
public sealed class PostgresUnavailableException : Exception
{
    /// <summary>Creates the exception with the line the user is to read.</summary>
    public PostgresUnavailableException(string message) : base(message) { }

    /// <summary>Creates the exception with the line the user is to read and what led to it.</summary>
    public PostgresUnavailableException(string message, Exception inner) : base(message, inner) { }
}
