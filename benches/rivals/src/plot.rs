//! A plot with two logarithmic axes, as SVG.
//!
//! In: lines. Out: text. Absent: everything a plotting library would offer; nobody needs it here.

use std::fmt::Write as _;

/// A line of the plot.
#[derive(Debug)]
pub struct Line {
    /// Its label, written at its end.
    pub name: String,
    /// Is it the one the plot is about?
    pub emphasis: Emphasis,
    /// `x` and `y`, both greater than zero, `x` rising.
    pub points: Vec<(f64, f64)>,
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Emphasis {
    /// Thick and coloured.
    Ours,
    /// Thin and grey.
    Other,
}

const WIDTH: f64 = 820.0;
const HEIGHT: f64 = 460.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 210.0;
const TOP: f64 = 52.0;
const BOTTOM: f64 = 48.0;

/// Decades of either axis: rules from 10^3 to 10^6, nanoseconds from 10^1 to 10^8.
const X: (i32, i32) = (3, 6);
const Y: (i32, i32) = (1, 8);

/// The plot of `lines`.
pub fn svg(title: &str, lines: &[Line]) -> String {
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="system-ui, sans-serif" font-size="13">
<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>
<text x="{LEFT}" y="26" font-size="16" font-weight="600" fill="#1a1a1a">{title}</text>
"##
    );
    grid(&mut svg);
    let mut labels: Vec<(f64, &Line)> = Vec::new();
    for line in lines {
        let points: Vec<String> = line
            .points
            .iter()
            .map(|(x, y)| format!("{:.1},{:.1}", across(*x), down(*y)))
            .collect();
        let (colour, width) = style(line.emphasis);
        let points = points.join(" ");
        let _ = writeln!(
            svg,
            r#"<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-linejoin="round"/>"#
        );
        for (x, y) in &line.points {
            let (x, y) = (across(*x), down(*y));
            let _ = writeln!(
                svg,
                r#"<circle cx="{x:.1}" cy="{y:.1}" r="{:.1}" fill="{colour}"/>"#,
                width + 1.2
            );
        }
        if let Some((_, y)) = line.points.last() {
            labels.push((down(*y), line));
        }
    }
    write_labels(&mut svg, labels);
    svg + "</svg>\n"
}

fn style(emphasis: Emphasis) -> (&'static str, f64) {
    match emphasis {
        Emphasis::Ours => ("#c2410c", 2.6),
        Emphasis::Other => ("#6b7280", 1.4),
    }
}

fn grid(svg: &mut String) {
    let (bottom, end) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
    for decade in Y.0..=Y.1 {
        let y = down(10_f64.powi(decade));
        let label = duration(decade);
        let _ = writeln!(
            svg,
            r##"<line x1="{LEFT}" y1="{y:.1}" x2="{end}" y2="{y:.1}" stroke="#e5e7eb"/>
<text x="{}" y="{:.1}" text-anchor="end" fill="#4b5563">{label}</text>"##,
            LEFT - 10.0,
            y + 4.0
        );
    }
    for decade in X.0..=X.1 {
        let x = across(10_f64.powi(decade));
        let label = match decade {
            3 => "1,000",
            4 => "10,000",
            5 => "100,000",
            _ => "1,000,000 rules",
        };
        let _ = writeln!(
            svg,
            r##"<line x1="{x:.1}" y1="{TOP}" x2="{x:.1}" y2="{bottom}" stroke="#e5e7eb"/>
<text x="{x:.1}" y="{}" text-anchor="middle" fill="#4b5563">{label}</text>"##,
            bottom + 22.0
        );
    }
}

fn duration(decade: i32) -> &'static str {
    match decade {
        1 => "10 ns",
        2 => "100 ns",
        3 => "1 µs",
        4 => "10 µs",
        5 => "100 µs",
        6 => "1 ms",
        7 => "10 ms",
        _ => "100 ms",
    }
}

/// Labels right of the plot, at the height of their line's end, pushed apart where they would touch.
fn write_labels(svg: &mut String, mut labels: Vec<(f64, &Line)>) {
    const APART: f64 = 17.0;
    labels.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
    let mut lowest = f64::NEG_INFINITY;
    for (y, line) in labels {
        let y = y.max(lowest + APART);
        lowest = y;
        let (colour, _) = style(line.emphasis);
        let weight = match line.emphasis {
            Emphasis::Ours => 600,
            Emphasis::Other => 400,
        };
        let from = line.points.last().map_or(0.0, |(x, _)| across(*x));
        let name = &line.name;
        let _ = writeln!(
            svg,
            r#"<text x="{:.1}" y="{:.1}" fill="{colour}" font-weight="{weight}">{name}</text>"#,
            from + 10.0,
            y + 4.0
        );
    }
}

fn across(x: f64) -> f64 {
    LEFT + (WIDTH - LEFT - RIGHT) * share(x, X)
}

fn down(y: f64) -> f64 {
    HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share(y, Y)
}

fn share(value: f64, (from, to): (i32, i32)) -> f64 {
    let span = f64::from(to - from);
    ((value.max(1e-9).log10() - f64::from(from)) / span).clamp(0.0, 1.0)
}
