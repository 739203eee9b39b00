using KubeVirtClone.Engine.Model.Records;

namespace KubeVirtClone;

/// <summary>Ages and durations as kubectl prints them; used by the module's views.</summary>
public static class AgeText
{
    /// <summary>Two units at most, the smaller one dropped once it no longer matters: 42s, 5m30s, 3h5m, 12d, 3y40d.</summary>
    /// <param name="age">The age; null gives an empty text.</param>
    public static string Format(TimeSpan? age) => Durations.Age(age);
}
