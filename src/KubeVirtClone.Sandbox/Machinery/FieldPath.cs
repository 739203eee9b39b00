using System.Globalization;
using System.Text;

namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>
/// Where in an object a walk stands, such as <c>spec.volumes[2].name</c>. The text is only made when it is asked for: objects are
/// walked with every write, and hardly one of them has an error to report.
/// </summary>
internal sealed class FieldPath
{
    private readonly List<(string? Name, int Index)> _steps = [];

    public bool IsRoot => _steps.Count == 0;

    public void Enter(string name) => _steps.Add((name, 0));

    public void Enter(int index) => _steps.Add((null, index));

    public void Leave() => _steps.RemoveAt(_steps.Count - 1);

    /// <summary>The path of a field of the object that the walk stands at.</summary>
    public string Below(string name) => IsRoot ? name : this + "." + name;

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (name, index) in _steps)
        {
            if (name is null)
                text.Append(CultureInfo.InvariantCulture, $"[{index}]");
            else
                text.Append(text.Length == 0 ? "" : ".").Append(name);
        }

        return text.ToString();
    }
}
