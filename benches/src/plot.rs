//! A line chart as SVG, for what depends on how much there is of something.

use std::fmt::Write;

/// A chart with a logarithmic axis to the right and a linear one upwards.
#[derive(Clone, Debug)]
pub struct Chart<'a> {
    /// What is shown.
    pub title: &'a str,
    /// What is to the right.
    pub x: &'a str,
    /// What is upwards.
    pub y: &'a str,
    /// Lowest and highest value upwards.
    pub range: (f64, f64),
    /// Values that are marked by a dashed line, with what they are.
    pub marks: Vec<(f64, &'a str)>,
    /// Names, and places in the order of their x, which is above 0.
    pub lines: Vec<(&'a str, Vec<(f64, f64)>)>,
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 50.0;
const BOTTOM: f64 = 60.0;
const COLORS: [&str; 4] = ["#1f77b4", "#d62728", "#2ca02c", "#9467bd"];
/// Steps of the axis upwards.
const STEPS: u32 = 6;

impl Chart<'_> {
    /// The chart as a file.
    pub fn svg(&self) -> String {
        let xs = || self.lines.iter().flat_map(|(_, line)| line).map(|(x, _)| *x);
        let (first, last) = (xs().fold(f64::INFINITY, f64::min), xs().fold(1.0, f64::max));
        let across = |x: f64| {
            let span = (last.ln() - first.ln()).max(f64::MIN_POSITIVE);
            LEFT + (x.ln() - first.ln()) / span * (WIDTH - LEFT - RIGHT)
        };
        let (low, high) = self.range;
        let up = |y: f64| {
            let y = y.clamp(low, high);
            HEIGHT - BOTTOM - (y - low) / (high - low) * (HEIGHT - TOP - BOTTOM)
        };
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
             font-family=\"sans-serif\" font-size=\"12\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
        );
        let mut text = |x: f64, y: f64, anchor: &str, text: &str| {
            let text = text.replace('&', "&amp;").replace('<', "&lt;");
            line(
                &mut svg,
                &format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"),
            );
        };
        text(WIDTH / 2.0, 20.0, "middle", self.title);
        text(WIDTH / 2.0, HEIGHT - 15.0, "middle", self.x);
        text(LEFT - 50.0, TOP - 14.0, "start", self.y);
        let mut ticks: Vec<f64> = xs().collect();
        ticks.sort_by(f64::total_cmp);
        ticks.dedup();
        for &x in &ticks {
            text(across(x), HEIGHT - BOTTOM + 18.0, "middle", &format!("{x}"));
        }
        let steps = (0..=STEPS).map(|step| low + (high - low) * f64::from(step) / f64::from(STEPS));
        for y in steps.clone() {
            text(LEFT - 8.0, up(y) + 4.0, "end", &format!("{y:.2}"));
        }
        for (y, name) in &self.marks {
            text(WIDTH - RIGHT, up(*y) - 4.0, "end", name);
        }
        for (index, (name, _)) in self.lines.iter().enumerate() {
            text(LEFT + 40.0, TOP + 4.0 + 16.0 * index as f64, "start", name);
        }
        let mut stroke = |from: (f64, f64), to: (f64, f64), style: &str| {
            let ((x1, y1), (x2, y2)) = (from, to);
            line(
                &mut svg,
                &format!(
                    "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" {style}/>"
                ),
            );
        };
        for y in steps {
            stroke((LEFT, up(y)), (WIDTH - RIGHT, up(y)), "stroke=\"#ddd\"");
        }
        for (y, _) in &self.marks {
            let dashed = "stroke=\"#555\" stroke-dasharray=\"5 4\"";
            stroke((LEFT, up(*y)), (WIDTH - RIGHT, up(*y)), dashed);
        }
        for (index, (_, places)) in self.lines.iter().enumerate() {
            let color = COLORS[index % COLORS.len()];
            let y = TOP + 16.0 * index as f64;
            let style = format!("stroke=\"{color}\" stroke-width=\"2\"");
            stroke((LEFT + 10.0, y), (LEFT + 34.0, y), &style);
            for pair in places.windows(2) {
                let place = |(x, y): (f64, f64)| (across(x), up(y));
                stroke(place(pair[0]), place(pair[1]), &style);
            }
        }
        svg.push_str("</svg>\n");
        svg
    }
}

fn line(svg: &mut String, element: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(svg, "{element}");
}
