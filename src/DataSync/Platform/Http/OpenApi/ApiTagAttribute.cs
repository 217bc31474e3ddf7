using System.Reflection;

namespace DataSync.Platform.Http.OpenApi;

/// <summary>On a class of endpoints: what their heading in the OpenAPI document gathers. One of the classes that share it says so; the linter finds a heading of which none does.</summary>
/// <param name="name">The heading.</param>
/// <param name="about">What it gathers.</param>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ApiTagAttribute(string name, string about) : Attribute
{
    public string Name => name;

    public string About => about;

    /// <summary>What the classes say whose methods handle endpoints.</summary>
    public static IEnumerable<ApiTagAttribute> Of(IEnumerable<object> metadata)
        => metadata.OfType<MethodInfo>().Select(handler => handler.DeclaringType).OfType<Type>().Distinct().Select(type => type.GetCustomAttribute<ApiTagAttribute>()).OfType<ApiTagAttribute>();
}
