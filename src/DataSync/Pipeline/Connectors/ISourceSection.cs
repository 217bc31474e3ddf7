using System.Text.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Pipeline.Connectors;

/// <summary>
/// A member of a source that another room understands (extension point): whoever runs with it says what is wrong with it when it is saved,
/// so that a source that is stored can be run. Found by scanning, as connectors are; several may look at the same member.
/// </summary>
internal interface ISourceSection
{
    /// <summary>The member it understands: <c>extraction_params</c> or <c>sync</c>.</summary>
    string Member { get; }

    /// <summary>Names everything wrong with the section; paths start at <paramref name="path"/>.</summary>
    /// <param name="sourceType"><c>database</c>, <c>api</c> or <c>webhook</c>.</param>
    /// <param name="section">The member's value, an object.</param>
    /// <param name="path">JSON pointer of the member.</param>
    IEnumerable<Fault> Validate(string sourceType, JsonElement section, string path);
}
