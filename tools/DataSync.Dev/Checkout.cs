namespace DataSync.Dev;

/// <summary>Where things lie in the repository.</summary>
sealed record Checkout(string Root)
{
    public string Local => Path.Combine(Root, ".datasync");

    public string Run => Path.Combine(Local, "run");

    public string Keys => Path.Combine(Local, "keys");

    public string Exports => Path.Combine(Local, "exports");

    public string Samples => Path.Combine(Root, "samples");

    /// <summary>The configuration this tool was built in is the one it starts.</summary>
    public static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory).Parent?.Name ?? "Release";

    /// <summary>The checkout this tool was built in.</summary>
    public static Checkout Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "DataSync.sln"))) return new Checkout(folder.FullName);
        throw new DevException("Run this tool by ./dev in the repository.");
    }

    /// <summary>The assembly a project of the repository builds.</summary>
    public string Assembly(string folder, string project)
    {
        var path = Path.Combine(Root, folder, project, "bin", Configuration, "net10.0", $"{project}.dll");
        return File.Exists(path) ? path : throw new DevException($"{path} is missing: remove {Path.Combine(Local, "build")} and run ./dev again, so that it is built.");
    }
}
